"""The simulated district (模拟区): an invented district of any size, to measure and try the kernel on."""
