package config

import (
	"os"
	"regexp"

	"gopkg.in/yaml.v3"
)

// environment is how a value names the variable that holds it. It is the whole
// value, and in the syntax of the OpenTelemetry Collector, which no password is
// likely to have.
var environment = regexp.MustCompile(`^\$\{env:(.*)\}$`)

// variableName is what POSIX calls a name.
var variableName = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)

// fromEnvironment returns the value of a key, which is in an environment
// variable if it says so and is a secret: a key that could name a file instead.
// The variable's value is text, whatever it looks like, and in no message.
func (w *walker) fromEnvironment(p pair, known fields, path string) *yaml.Node {
	n := p.value
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	m := environment.FindStringSubmatch(n.Value)
	if _, ok := known.byKey[p.key+"_file"]; !ok || m == nil || n.Kind != yaml.ScalarNode {
		return p.value
	}
	at := join(path, p.key)
	w.lines[at] = p.line
	text := os.Getenv(m[1])
	switch {
	case !variableName.MatchString(m[1]):
		w.add(at, "write the name of an environment variable, as in ${env:HELPDESK_PASSWORD}") // it may be the secret itself
	case text == "":
		w.add(at, "the environment variable %s is empty or not set: set it for the exporter, or use %s_file", m[1], p.key)
	}
	read := *n
	read.Tag, read.Style, read.Value = "!!str", yaml.DoubleQuotedStyle, text
	return &read
}
