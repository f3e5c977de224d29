package scenarios

import (
	"slices"
	"strings"
	"unicode"
)

// secretWords mark a name as that of a secret if one of the name's words is equal to one of
// them, as in x-api-key, accessToken or client_secret.
var secretWords = []string{
	"auth", "authentication", "authorization", "bearer", "cookie", "cookies", "credential", "credentials", "jwt", "key", "keys",
	"oauth", "otp", "passcode", "passphrase", "passwd", "password", "pwd", "secret", "secrets", "sessionid", "sig",
	"signature", "token",
}

// secretEnds mark a word that is written without a separator, as in accesstoken. "key" is
// not one of them: monkey ends in it.
var secretEnds = []string{
	"accesskey", "apikey", "authkey", "clientkey", "licensekey", "masterkey", "passwd", "password", "privatekey", "secret", "secretkey",
	"sessionid", "sessionkey", "signature", "subscriptionkey", "token", "userkey",
}

// sensitive reports whether the value that goes by a name is usually a secret. It looks at
// whole words: author and monkey are no secrets.
func sensitive(name string) bool {
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

// nameWords splits a name at everything that is neither a letter nor a digit, and at the
// capitals of camelCase, and returns its words in small letters.
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

// startsWord reports whether the capital at i begins a word: it follows a small letter or a
// digit (apiKey), or ends a run of capitals before a small letter (APIKey).
func startsWord(letters []rune, i int) bool {
	if i == 0 {
		return false
	}
	before := letters[i-1]
	return unicode.IsLower(before) || unicode.IsDigit(before) ||
		unicode.IsUpper(before) && i+1 < len(letters) && unicode.IsLower(letters[i+1])
}
