"""Sockets, watches, and what is kept between two questions."""
