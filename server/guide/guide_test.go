package guide

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTokensExpire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tokens, others := newTokens(time.Minute), newTokens(time.Minute)
		token := tokens.For("alice")
		if user, err := tokens.User(token); user != "alice" || err != nil {
			t.Errorf("%q, %v", user, err)
		}
		if _, err := others.User(token); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("another key: %v", err)
		}
		time.Sleep(time.Minute)
		if _, err := tokens.User(token); !errors.Is(err, ErrUnauthorized) {
			t.Errorf("after its time: %v", err)
		}
	})
}

// A client that reconnects at any time receives all missed events that are kept.
func TestResumeReplaysMissedEvents(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := &Guide{cfg: Config{Interval: time.Duration(rapid.IntRange(1, 5000).Draw(t, "ms")) * time.Millisecond, Replay: rapid.IntRange(1, 50).Draw(t, "held")}.WithDefaults()}
		began := time.UnixMilli(rapid.Int64Range(0, 2e12).Draw(t, "began"))
		seen := rapid.Uint64Range(0, 1000).Draw(t, "seen")
		later := rapid.Uint64Range(0, 200).Draw(t, "later")
		now := began.Add(time.Duration(seen+later) * g.cfg.Interval)
		id := string(eventPosition{began: began, next: seen}.append(nil, now))
		id = strings.TrimPrefix(id[:strings.Index(id, "\n")], "id: ")
		s := g.resume(id, now)
		want := seen + 1
		if held := uint64(g.cfg.Replay); later > held {
			want = seen + later + 1 - held
		}
		if !s.began.Equal(began) || s.next != want {
			t.Fatalf("resumes with %d after %s, want %d of %v", s.next, id, want, now)
		}
	})
}

// Any event ID is accepted, and the reply is bounded.
func FuzzResume(f *testing.F) {
	f.Add("1700000000000-5")
	f.Add("0-0")
	f.Add("9223372036854775807-18446744073709551615")
	f.Fuzz(func(t *testing.T, id string) {
		g := &Guide{cfg: Config{}.WithDefaults()}
		now := time.UnixMilli(1_750_000_000_000)
		s := g.resume(id, now)
		due := s.began.Add(time.Duration(s.next) * g.cfg.Interval)
		if s.began.After(now) || due.After(now.Add(g.cfg.Interval)) || now.Sub(due) > time.Duration(g.cfg.Replay)*g.cfg.Interval {
			t.Fatalf("%q resumes with %d of %v, due at %v", id, s.next, s.began, due)
		}
	})
}

func FuzzChat(f *testing.F) {
	for _, s := range []string{`{"type":"ping"}`, `{"type":"chat","content":"x"}`, `{"type":["x"]}`, "\x00", `{"type":"chat","content":"\ud800"}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		m := &member{queue: make(chan []byte, 4)}
		g := &Guide{cfg: Config{}.WithDefaults()}
		g.chat.members = map[*member]struct{}{m: {}}
		g.handleChat("id", m, p)
		if n := len(m.queue); n != 1 {
			t.Fatalf("%q was answered %d times", p, n)
		}
	})
}

// Only tokens signed by this server have a user.
func FuzzToken(f *testing.F) {
	tokens := newTokens(time.Hour)
	good := tokens.For("alice")
	f.Add(good)
	f.Add(newTokens(time.Hour).For("alice"))
	f.Add(good[:len(good)-1])
	f.Add("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbGljZSIsImV4cCI6NDEwMjQ0NDgwMH0.")
	f.Add("..")
	f.Fuzz(func(t *testing.T, token string) {
		user, err := tokens.User(token)
		if (err == nil) != (user != "") || err != nil && !errors.Is(err, ErrUnauthorized) {
			t.Fatalf("%q is of %q, %v", token, user, err)
		}
		// Each process has a new key, so tokens from elsewhere are invalid. Only the
		// unused last bits of the signature may differ.
		if err == nil && !strings.HasPrefix(token, good[:strings.LastIndexByte(good, '.')+1]) {
			t.Fatalf("%q is of %q", token, user)
		}
	})
}

// A client ID from a path is bounded and contains no slash.
func FuzzClientID(f *testing.F) {
	for _, path := range []string{"/ws/a", "/ws/%zz", "/ws/a/b", "/ws/%2F", "/ws/", "/wsx", "/ws/%00"} {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		id, ok := clientID(path)
		if ok && len(id) > maxIDLength || ServesSocket(path) != (ok && id != "") || ok && strings.Count(path, "/") != 2 {
			t.Fatalf("%q is %q, %v", path, id, ok)
		}
	})
}
