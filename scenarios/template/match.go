package template

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Matches returns what says whether a value is so: equal to is, with contains in it, and
// with a match of the regular expression re (RE2) in it, of those that are given; nil and
// an empty re are not. It allocates nothing of ours, keeps nothing of a value and is safe
// for concurrent use. The error says what is wrong with re.
func Matches(is, contains *string, re string) (func(value []byte) bool, error) {
	var all []func(value []byte) bool
	if is != nil {
		want := []byte(*is)
		all = append(all, func(value []byte) bool { return bytes.Equal(value, want) })
	}
	if contains != nil {
		want := []byte(*contains)
		all = append(all, func(value []byte) bool { return bytes.Contains(value, want) })
	}
	if re != "" {
		compiled, err := regexp.Compile(re)
		if err != nil {
			return nil, fmt.Errorf("the regular expression %q is wrong: %w", shown(re), reason(err))
		}
		all = append(all, compiled.Match)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return func(value []byte) bool {
		for _, holds := range all {
			if !holds(value) {
				return false
			}
		}
		return true
	}, nil
}

// reason is what the library says, without the expression again where it is the whole.
func reason(err error) error {
	var bad *syntax.Error
	if errors.As(err, &bad) {
		return fmt.Errorf("%s at %s; expected the syntax of RE2, which has no look-around and no back-references", bad.Code, shown(bad.Expr))
	}
	return err
}
