"""Options that several commands have, a group a module: what they are, and what is made of them."""
