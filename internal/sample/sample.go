// Package sample thins out long rows of like tests under the race detector. It
// makes them five to ten times dearer, and looks for accesses that nothing
// orders, which each of the cases makes, and not for wrong numbers. Without the
// detector every case is run.
package sample

import (
	"hash/crc32"
	"os"
	"path/filepath"
)

// Has reports whether a case of this name is run by this test binary: packages
// that run one suite take different cases of it.
func Has(name string) bool {
	return crc32.ChecksumIEEE([]byte(filepath.Base(os.Args[0])+" "+name))%Every == 0
}
