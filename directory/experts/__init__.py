"""The library of experts: who advises, in what, since when and until when."""
