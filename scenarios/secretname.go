package scenarios

import (
	"slices"
	"strings"
	"unicode"
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

// nameWords splits a name at separators and at the capitals of camelCase, and returns its words in
// lower case.
func nameWords(name string) (words []string) {
	word := []rune{}
	end := func() {
		if len(word) > 0 {
			words, word = append(words, strings.ToLower(string(word))), word[:0]
		}
	}
	letters := []rune(name)
	for i, c := range letters {
		switch {
		case !unicode.IsLetter(c) && !unicode.IsDigit(c):
			end()
			continue
		case unicode.IsUpper(c) && startsWord(letters, i):
			end()
		}
		word = append(word, c)
	}
	end()
	return words
}

// startsWord reports whether the capital at i starts a word: it follows a lower-case letter or a
// digit (apiKey), or ends a run of capitals before a lower-case letter (APIKey).
func startsWord(letters []rune, i int) bool {
	if i == 0 {
		return false
	}
	before := letters[i-1]
	return unicode.IsLower(before) || unicode.IsDigit(before) ||
		unicode.IsUpper(before) && i+1 < len(letters) && unicode.IsLower(letters[i+1])
}
