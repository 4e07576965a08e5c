"""The door for git over SSH: keys are proved, a few commands are served, and nothing else is there."""
