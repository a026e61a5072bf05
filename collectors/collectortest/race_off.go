//go:build !race

package collectortest

// every is how many of many like cases are run: each of them.
const every = 1
