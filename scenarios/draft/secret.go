package draft

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"rtbench/internal/lazyregexp"
	"rtbench/scenarios"
)

// Secrets are values of a source that a draft replaces by environment variables. The zero value has
// none.
type Secrets struct{ list []Secret }

// A Secret is a value that is never written.
type Secret struct {
	Variable string
	Source   string // such as "cookie sid"
	value    string
}

// Variables returns the variables in the order in which they were found.
func (s *Secrets) Variables() []Secret { return s.list }

// Hide returns ${NAME} for a secret. The name begins with kind, such as COOKIE, so that it is no
// variable of the system. The same value has the same variable everywhere.
func (s *Secrets) Hide(kind, name, value string) string {
	if i := slices.IndexFunc(s.list, func(o Secret) bool { return o.value == value }); i >= 0 {
		return "${" + s.list[i].Variable + "}"
	}
	variable := s.unused(variableName(kind, cmp.Or(name, "secret")))
	s.list = append(s.list, Secret{variable, strings.TrimSpace(strings.ToLower(kind) + " " + Printable(name)), value})
	return "${" + variable + "}"
}

// Known returns the variable of a secret that was found elsewhere; empty if value is none.
func (s *Secrets) Known(value string) string {
	if from, to, variable := s.In(value); from == 0 && to == len(value) {
		return variable
	}
	return ""
}

// unused returns name, with a number if it is taken.
func (s *Secrets) unused(name string) string {
	taken := func(name string) bool {
		return slices.ContainsFunc(s.list, func(o Secret) bool { return o.Variable == name })
	}
	unique := name
	for n := 2; taken(unique); n++ {
		unique = fmt.Sprintf("%s_%d", name, n)
	}
	return unique
}

var notInVariables = lazyregexp.New(`[^A-Z0-9]+`)

// variableName returns the name of an environment variable.
func variableName(kind, name string) string {
	var apart strings.Builder
	lower := false
	for _, c := range name { // accessToken is ACCESS_TOKEN
		if unicode.IsUpper(c) && lower {
			apart.WriteByte('_')
		}
		lower = unicode.IsLower(c)
		apart.WriteRune(unicode.ToUpper(c))
	}
	joined := strings.Trim(notInVariables.ReplaceAllString(kind+"_"+apart.String(), "_"), "_")
	return joined[:min(len(joined), 60)]
}

// strong reports whether a value is unlikely to be part of other text by chance.
func strong(value string) bool {
	return len(value) >= 8 && strings.ContainsFunc(value, func(c rune) bool { return c < 'a' || c > 'z' })
}

// In returns the first secret in text: its bytes and its variable, which is empty if there is none.
func (s *Secrets) In(text string) (from, to int, variable string) {
	from = len(text)
	for _, o := range s.list {
		i := strings.Index(text, o.value)
		if i >= 0 && strong(o.value) && (i < from || i == from && i+len(o.value) > to) {
			from, to, variable = i, i+len(o.value), "${"+o.Variable+"}"
		}
	}
	return from, to, variable
}

// written matches the parts of a template that are not literal.
var written = lazyregexp.New(`\$\{[A-Z0-9_]+\}|\{\{[^}]*\}\}`)

// replace replaces all secrets within text by their variables.
func (s *Secrets) replace(text string) string {
	var b strings.Builder
	at := 0
	for _, span := range append(written.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		for at < span[0] {
			from, to, variable := s.In(text[at:span[0]])
			if variable == "" {
				break
			}
			b.WriteString(text[at:at+from] + variable)
			at += to
		}
		b.WriteString(text[at:span[1]])
		at = span[1]
	}
	return b.String()
}

// hide removes all secrets from a comment.
func (s *Secrets) hide(text string) string {
	for {
		from, to, variable := s.In(text)
		if variable == "" {
			return text
		}
		text = text[:from] + "…" + text[to:]
	}
}

var (
	// webToken matches JSON Web Tokens (RFC 7519).
	webToken = lazyregexp.New(`^eyJ[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.?[A-Za-z0-9_-]*`)
	// hexKey and randomKey match keys without a name. A UUID is none.
	hexKey    = lazyregexp.New(`^[0-9a-fA-F]{32,}$`)
	randomKey = lazyregexp.New(`^[A-Za-z0-9_+/=-]{24,}$`)
	uuidForm  = lazyregexp.New(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	known     = lazyregexp.New(`^(sk|pk|rk|ghp|gho|xox[abprs]|glpat|AKIA|Bearer |Basic )[-_A-Za-z0-9 ]{8,}`)
)

// IsSecret reports whether a value is a secret, by its name or its form.
func IsSecret(name, value string) bool {
	switch {
	case value == "" || uuidForm.MatchString(value) && !scenarios.Secretive(name):
		return false
	case scenarios.Secretive(name), webToken.MatchString(value), hexKey.MatchString(value), known.MatchString(value):
		return true
	}
	return randomKey.MatchString(value) && looksRandom(value)
}

// looksRandom reports whether text mixes capitals, small letters and digits.
func looksRandom(s string) bool {
	return strings.ContainsFunc(s, unicode.IsUpper) && strings.ContainsFunc(s, unicode.IsLower) && strings.ContainsFunc(s, unicode.IsDigit)
}
