"""The node's network: interfaces as they come and go, packet sockets for ARP and NDP with the thread that
answers, the conflict listener's sockets, and the thread of heartbeats (UDP). What is said there `decide`
says.
"""
