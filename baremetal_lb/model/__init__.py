"""Nouns of the balancer: frozen values, standard library only."""
