"""``python -m bitpail`` is the command ``bitpail``."""

from bitpail.cli import main

if __name__ == "__main__":
    main()
