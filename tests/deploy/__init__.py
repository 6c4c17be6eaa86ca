"""deploy/: nothing in it names what does not exist, and the tools it is written for accept it."""
