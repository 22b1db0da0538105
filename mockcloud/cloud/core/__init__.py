"""The cloud itself, in no cloud's words: values, a state of them, commands that change it as time goes by.

Pure: each command gets the state and the time, and gives changes or a Refusal. No I/O, no clock, no JSON.
"""
