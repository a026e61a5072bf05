package engine

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzClean cuts any two values: each is short, valid text, and as it is when it is
// cut again, as after a restart. Two that are different stay different, but for one
// that is what the other is cut to.
func FuzzClean(f *testing.F) {
	long := strings.Repeat("ü", valueLimit)
	for _, v := range []string{"", Other, "Support", "a\xffb", "a�b", long[:valueLimit], long[:valueLimit+1], long, "x" + long, long + "\xff"} {
		f.Add(v, v+"2")
		f.Add(v, strings.ToValidUTF8(v, "�"))
		f.Add(v, clean(v))
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, v := range []string{a, b} {
			got := clean(v)
			if len(got) > valueLimit || !utf8.ValidString(got) {
				t.Errorf("%q was cut to %q", v, got)
			}
			if again := clean(got); again != got {
				t.Errorf("%q is cut to %q, and that to %q", v, got, again)
			}
		}
		whole := func(v string) string { return strings.ToValidUTF8(v, "�") }
		if same := whole(a) == whole(b) || clean(a) == whole(b) || clean(b) == whole(a); (clean(a) == clean(b)) != same {
			t.Errorf("%q and %q are cut to %q and %q", a, b, clean(a), clean(b))
		}
	})
}
