"""Which speakers are alive: pure, so that the same code runs on a virtual LAN and on sockets."""
