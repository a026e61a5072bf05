package groove

import (
	"errors"
	"net/http"
	"regexp"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// The API answers HTTP 200 also when it failed, and says in words why. The words
// are never repeated: they may quote what was asked or found.

// reasons are words of errors and what they mean, the first that fits. A limit
// of complexity is taken for one of calls. The vendor documents none of them.
var reasons = []struct {
	words  []string
	reason rest.Reason
	err    string
}{
	{[]string{"throttl", "rate limit", "rate_limit", "too many requests", "complexity"}, rest.ReasonRateLimited, "the helpdesk limits queries"},
	{[]string{"unauthenticated", "unauthorized", "not authenticated", "authentication", "invalid token", "expired token", "token has expired", "log in"},
		rest.ReasonAuth, "the helpdesk refused the credentials: check them in the source's configuration"},
	{[]string{"forbidden", "permission", "not authorized", "not allowed", "access denied"}, rest.ReasonForbidden, "the account's plan or rights do not allow this"},
	{[]string{"cursor"}, rest.ReasonClient, "the helpdesk refused the page's cursor"},
	{[]string{"not found", "not_found"}, rest.ReasonGone, "the helpdesk does not have it"},
	{[]string{"timeout", "timed out"}, rest.ReasonTimeout, "the helpdesk took too long"},
}

// schemaError is why a query was refused as a whole: for what the schema does
// not have.
type schemaError struct{ refused []refused }

func (e *schemaError) Error() string {
	var names []string
	for _, r := range e.refused {
		names = append(names, strings.Trim(r.typ+"."+r.field, "."))
	}
	return "the account's GraphQL schema does not have " + strings.Join(names, ", ")
}

// failure is the typed error for the errors of an answer.
func failure(operation string, list []maybe[refusal]) error {
	e := &rest.Error{Reason: rest.ReasonServer, Endpoint: endpoint(operation), Code: http.StatusOK, Err: errors.New("the helpdesk answered with an error")}
	var lacks []refused
	for _, one := range list {
		if r, ok := one.V.lacks(); ok {
			lacks = append(lacks, r)
		}
	}
	if len(lacks) > 0 {
		e.Reason, e.Err = rest.ReasonClient, &schemaError{lacks}
		return e
	}
	var said strings.Builder
	for _, one := range list {
		said.WriteString(strings.ToLower(string(one.V.Message+" "+one.V.Extensions.V.Code)) + "\n")
	}
	for _, r := range reasons {
		for _, w := range r.words {
			if strings.Contains(said.String(), w) {
				e.Reason, e.Err = r.reason, errors.New(r.err)
				return e
			}
		}
	}
	return e
}

// wordings are how servers say that the schema does not have something: those of
// graphql-ruby, and of the reference implementation and those made after it.
var wordings = []struct {
	re         *regexp.Regexp
	typ, field int // groups of the expression, 0: none
}{
	{regexp.MustCompile(`^Field ['"](\w+)['"] doesn't exist on type ['"](\w+)['"]`), 2, 1},
	{regexp.MustCompile(`^Cannot query field ['"](\w+)['"] on type ['"](\w+)['"]`), 2, 1},
	{regexp.MustCompile(`^No such type (\w+), so it can't be a fragment condition`), 1, 0},
	{regexp.MustCompile(`^Unknown type ['"](\w+)['"]`), 1, 0},
	{regexp.MustCompile(`^Fragment on (\w+) can't be spread inside`), 1, 0},
	{regexp.MustCompile(`^Fragment cannot be spread here as objects of type ['"]\w+['"] can never be of type ['"](\w+)['"]`), 1, 0},
}

// lacks tells what the schema does not have, ok is false where the error is
// about something else.
func (r refusal) lacks() (what refused, ok bool) {
	x := r.Extensions.V
	if x.Code == "undefinedField" && lenient.IsWord(string(x.Type)) && lenient.IsWord(string(x.Field)) && x.Field != "" {
		return refused{string(x.Type), string(x.Field)}, true
	}
	for _, w := range wordings {
		m := w.re.FindStringSubmatch(string(r.Message))
		if m == nil {
			continue
		}
		what.typ = m[w.typ]
		if w.field > 0 {
			what.field = m[w.field]
		}
		return what, true
	}
	return refused{}, false
}
