"""Pure rules: facts come in, a decision with a reason goes out. Nothing here waits."""
