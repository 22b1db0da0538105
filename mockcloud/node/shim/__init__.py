"""A pod's shim: the process that holds the pod, isolates it, starts its programs and keeps what they write.

It lives on without the agent, whose end of it is `sandbox/holder`, in a fresh interpreter (-I -S): it imports
the standard library only, nothing of the agent, and nothing of what images stand for.
"""
