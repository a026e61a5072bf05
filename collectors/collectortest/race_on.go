//go:build race

package collectortest

// every is how many of many like cases are run: under the race detector, which
// takes ten times as long and looks for something else, one of four.
const every = 4
