"""The same work done by this library and by others, side by side; `make bench` prints who takes longer."""
