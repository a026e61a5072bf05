// Package reliability holds the table of faults that the exporter promises to
// survive. docs/reliability.md is made of it and of a run of its tests. Tests of
// faults of the machine, which need a process of their own, are here, too.
package reliability

// Row is one fault.
type Row struct {
	Area    string
	Fault   string
	Promise string
	// Packages are those of the test, relative to the root of the repository, as
	// go test takes them.
	Packages string
	// Test is the test's name, which may be a regular expression of all of it, and
	// the names of the tests in it, as they are written in the source; the beginning
	// of such a name will do.
	Test []string
	// Tag is the build tag of a test that needs more than Go: postgres, which
	// scripts/postgres starts, or root.
	Tag string
	// Module is the folder of the module that the test is in, if it has its own.
	Module string
}

// Areas, in the order of the document.
const (
	helpdesk   = "The helpdesk"
	machine    = "The machine"
	neighbours = "The neighbours"
)

// every is where the conformance suite runs: for every vendor, and for every
// schema of one.
const (
	every = "./collectors/..."
	suite = `TestConformance\w*`
)

func conformance(area, fault, promise string, test ...string) Row {
	return Row{Area: area, Fault: fault, Promise: promise, Packages: every, Test: append([]string{suite}, test...)}
}

func one(area, fault, promise, pkg string, test ...string) Row {
	return Row{Area: area, Fault: fault, Promise: promise, Packages: "./" + pkg, Test: test}
}

func proof(area, fault, promise string, test ...string) Row {
	r := one(area, fault, promise, "", test...)
	r.Packages, r.Module = "./...", "rules/proof"
	return r
}

// with is the row with a build tag.
func (r Row) with(tag string) Row {
	r.Tag = tag
	return r
}

// Rows are all faults.
func Rows() []Row {
	var all []Row
	for _, part := range [][]Row{helpdeskRows, machineRows, neighbourRows} {
		all = append(all, part...)
	}
	return all
}
