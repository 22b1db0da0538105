"""What every controller runs on: shared informers and views, work queues, expectations, writes of status.

It knows no controller and no kind's rules; decisions (`plan.py`) do not import it.
"""
