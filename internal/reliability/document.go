package reliability

import (
	"fmt"
	"strings"
)

const head = `# Reliability

Each row is a fault that helpdesk_exporter is tested with, what it promises then, and the command that runs the test. The last column is what the last run of
all rows said: ` + "`make reliability`" + ` runs them one package after the other, and writes this file if every row has passed. A row whose test is missing, is
skipped or fails leaves the file alone and is an error, and another run of the same tests writes the same file. ` + "`make reliability ROWS=disk`" + `
runs the rows whose fault matches a regular expression, and writes nothing.

Run any row by itself in the root of the repository, with Go as [go.mod](../go.mod) says. Rows of the conformance suite run for every helpdesk, each on a
simulation of its API. Rows with ` + "`scripts/postgres`" + ` start a server of their own, of Debian's package. Rows with ` + "`-tags=root`" + ` mount a file system and make
a control group: they take Linux, root, mkfs.ext4 and e2fsck.

Counters are compared with the truth of a simulated helpdesk: what it knows to have happened, measured by a second, naive implementation of
[the definitions](definitions.md), or with those of an exporter that had no fault. Equal means equal, series by series; sums of seconds to nine digits.
`

// Document is docs/reliability.md, with the result of each row by its command.
func Document(results map[string]string) string {
	var b strings.Builder
	b.WriteString(head)
	area := ""
	for _, r := range Rows() {
		if r.Area != area {
			area = r.Area
			fmt.Fprintf(&b, "\n## %s\n\n| fault | promise | test | command | result |\n|---|---|---|---|---|\n", area)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | `%s` | %s |\n", r.Fault, r.Promise, r.name(), r.Command(), results[r.Command()])
	}
	return b.String()
}

// name is the test's place and name, for people.
func (r Row) name() string {
	place := strings.TrimSuffix(strings.TrimPrefix(r.Packages, "./"), "/...")
	if r.Module != "" {
		place = r.Module
	}
	if r.Test[0] == suite {
		return place + ": conformance, " + strings.Join(r.Test[1:], ", ")
	}
	return place + ": " + strings.Join(r.Test, ", ")
}
