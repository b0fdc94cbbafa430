"""Who is who: people, their roles, and the enterprises and institutions they act for."""
