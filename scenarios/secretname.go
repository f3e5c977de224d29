package scenarios

import (
	"slices"
	"strings"
	"unicode"

	"rtbench/internal/lazyregexp"
)

// secretWords are the words of a name that mark a secret, as in x-api-key, accessToken or
// client_secret.
var secretWords = []string{
	"auth", "authentication", "authorization", "bearer", "cookie", "cookies", "credential", "credentials", "jwt", "key", "keys",
	"oauth", "otp", "passcode", "passphrase", "passwd", "password", "pwd", "secret", "secrets", "sessionid", "sig",
	"signature", "token",
}

// secretEnds are suffixes of words without a separator, as in accesstoken. "key" is not one of
// them because of monkey.
var secretEnds = []string{
	"accesskey", "apikey", "authkey", "clientkey", "licensekey", "masterkey", "passwd", "password", "privatekey", "secret", "secretkey",
	"sessionid", "sessionkey", "signature", "subscriptionkey", "token", "userkey",
}

// Secretive reports whether a name usually has a secret value. It compares whole words: author and
// monkey are not secrets.
func Secretive(name string) bool {
	words := nameWords(name)
	for i, w := range words {
		w = strings.TrimRight(w, "0123456789")
		if slices.Contains(secretWords, w) || slices.ContainsFunc(secretEnds, func(end string) bool { return strings.HasSuffix(w, end) }) {
			return true
		}
		if w == "session" && i+1 < len(words) && words[i+1] == "id" {
			return true
		}
	}
	return false
}

// The ends of words in camelCase: apiKey, and APIKey with a run of capitals.
var (
	capital   = lazyregexp.New(`([\p{Ll}\p{Nd}])(\p{Lu})`)
	lastOfRun = lazyregexp.New(`(\p{Lu})(\p{Lu}\p{Ll})`)
)

// nameWords splits a name at separators and at the capitals of camelCase, and returns its words in
// lower case.
func nameWords(name string) []string {
	apart := lastOfRun.ReplaceAllString(capital.ReplaceAllString(name, "$1 $2"), "$1 $2")
	return strings.FieldsFunc(strings.ToLower(apart), func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) })
}
