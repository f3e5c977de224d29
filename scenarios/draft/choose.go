package draft

import (
	"fmt"
	"strconv"
	"strings"

	"rtbench/scenarios/suggest"
)

// mostListed is the number of choices that an error lists.
const mostListed = 20

// A ChoiceError reports that a flag must choose one of several things.
type ChoiceError struct{ text string }

func (e *ChoiceError) Error() string { return e.text }

func choiceError(format string, args ...any) error {
	return &ChoiceError{fmt.Sprintf(format, args...)}
}

// A Choice is one of several things, by its name.
type Choice struct{ Name, Detail string }

func (c Choice) String() string {
	if c.Detail == "" {
		return c.Name
	}
	return c.Name + " (" + c.Detail + ")"
}

// Choose returns the index of the choice that picked names: its number from 1, its name, or a part of
// it that no other has. Without picked there must be one choice. kind is the word for the choices, flag
// the flag that picks one.
func Choose(kind, flag, picked string, all []Choice) (int, error) {
	if n, err := strconv.Atoi(picked); err == nil && n >= 1 && n <= len(all) {
		return n - 1, nil
	}
	var found []int
	var names []string
	for i, c := range all {
		if c.Name == picked && picked != "" {
			return i, nil
		}
		if strings.Contains(c.Name, picked) {
			found = append(found, i)
		}
		names = append(names, c.Name)
	}
	switch {
	case len(found) == 1:
		return found[0], nil
	case picked == "":
		return 0, choiceError("found %d %s; expected one, chosen by %s: %s", len(all), kind, flag, listed(all, found))
	case len(found) > 1:
		return 0, choiceError("%s %s: found in %d %s; expected its number, or more of its name: %s", flag, picked, len(found), kind, listed(all, found))
	}
	hint := ""
	if near := suggest.Nearest(picked, names); near != "" {
		hint = "; did you mean " + near + "?"
	}
	for i := range all {
		found = append(found, i)
	}
	return 0, choiceError("%s %s: not found; expected one of %d %s: %s%s", flag, picked, len(all), kind, listed(all, found), hint)
}

// listed numbers the choices at some indexes.
func listed(all []Choice, indexes []int) string {
	var parts []string
	for _, i := range indexes[:min(len(indexes), mostListed)] {
		parts = append(parts, fmt.Sprintf("%d %s", i+1, all[i]))
	}
	if more := len(indexes) - mostListed; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}
