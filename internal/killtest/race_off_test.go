//go:build !race

package killtest

const raced = false
