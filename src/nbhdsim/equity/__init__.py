"""Who gains: indices of inequality by fifth, intervals of rates, net health by fifth. Pure functions over arrays."""
