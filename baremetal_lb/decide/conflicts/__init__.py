"""Whether somebody else has an address: before it is used, while it is, while another node has it."""
