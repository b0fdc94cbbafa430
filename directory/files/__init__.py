"""Files people hand in: judged, cleaned, sealed, and kept where no browser reaches them."""
