//go:build race

package sample

// Every is how many of many like cases stand for one that is run.
const Every = 4
