"""Registration: who asks to use the platform, with which papers, and what the review said."""
