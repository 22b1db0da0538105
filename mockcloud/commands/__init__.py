"""What a person types after `mockcloud`: arguments, and what is printed; a file a family of commands."""
