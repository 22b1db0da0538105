"""What runs in pods: the catalogue of images, the real servers behind them, and programs of our own.

It knows neither nodes nor pods: who starts it says what it needs to know.
"""
