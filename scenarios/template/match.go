package template

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
)

// Matches returns a predicate on values: equal to is, containing contains, and matching the
// regular expression re (RE2); nil and an empty re are ignored. The predicate allocates nothing
// itself, retains no value and is safe for concurrent use. The error describes an invalid re.
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
			return nil, fmt.Errorf("regular expression %q: %w", shown(re), reason(err))
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

// reason returns the message of the regexp package, without the expression if that is the whole.
func reason(err error) error {
	var bad *syntax.Error
	if errors.As(err, &bad) {
		return fmt.Errorf("%s at %s; expected RE2 syntax, which has no look-around and no back-references", bad.Code, shown(bad.Expr))
	}
	return err
}
