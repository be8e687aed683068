"""The parts of the second verifier, one for each page or section of the specification."""
