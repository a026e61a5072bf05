//go:build race

package killtest

// raced: the race detector makes each start of the child several times dearer,
// so that it sees fewer of them. The full number of kills runs without it.
const raced = true
