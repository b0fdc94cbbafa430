# Shorter names for `python3 start.py`, which does the work.
.PHONY: demo test check dev bench doctor screenshots lock help
demo test check dev bench doctor screenshots lock help:
	@python3 start.py $@
