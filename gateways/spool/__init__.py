"""What a gateway has promised to deliver: kept on disk until the server has committed it."""
