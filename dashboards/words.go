package dashboards

import "fmt"

// Language is a language of the boards, by its BCP 47 tag.
type Language string

// Languages.
const (
	English    Language = "en"
	Portuguese Language = "pt-BR"
	Russian    Language = "ru"
)

// Languages lists the languages that have all words.
var Languages = []Language{English, Portuguese, Russian}

// words are the texts of a language. All texts that a reader sees are here.
type words struct {
	boards  map[string]text   // by name
	rows    map[string]string // by board/row
	panels  map[string]text   // by board/panel
	phrases map[string]string // what several panels say, and label values
}

// text is the title of a panel or board, and what it says: what is counted and
// what is not.
type text struct{ title, description string }

func wordsOf(l Language) (*words, error) {
	switch l {
	case English:
		return &english, nil
	case Portuguese:
		return &portuguese, nil
	case Russian:
		return &russian, nil
	default:
		return nil, fmt.Errorf("there are no boards in the language %q: use one of %v", l, Languages)
	}
}

// phrase is a phrase in the language. A test proves that each is there.
func (w *words) phrase(key string) string { return w.phrases[key] }
