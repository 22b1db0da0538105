"""AWS as a provider: what cloud-provider-aws does. `decide` is pure; the rest looks, calls and waits."""
