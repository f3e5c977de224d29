package template

import "testing"

func TestAfter(t *testing.T) {
	for _, c := range []struct {
		re, reply, want string
		ok              bool
	}{
		{"^43", `4312["ok"]`, "12", true},
		{"^43", `42["4312"]`, "", false},
		{"^43(/[^,]*,)?", `43/chat,7[]`, "7", true},
		{"^43", "43[]", "", false},
		{`\nrequest:`, "MESSAGE\nid:3\nrequest:44\nrequest:45\n\nbody", "44", true},
		{`(?m)^id=`, "a\nid=6ba7b810-9dad-11d1-80b4-00c04fd430c8;", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", true},
		{"a|ab", "xab1", "b1", true},
		{"", "12", "12", true},
		{"x", "", "", false},
	} {
		field, err := After(c.re)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := field().Find([]byte(c.reply)); string(got) != c.want || ok != c.ok {
			t.Errorf("after %s in %q: %q, %v; expected %q, %v", c.re, c.reply, got, ok, c.want, c.ok)
		}
	}
	for _, re := range []string{"(", "(?=x)", "x)(y"} {
		if _, err := After(re); err == nil {
			t.Errorf("%s is accepted", re)
		}
	}
}

func BenchmarkAfter(b *testing.B) {
	field, err := After("^43(/[^,]*,)?")
	if err != nil {
		b.Fatal(err)
	}
	f, reply := field(), []byte(`43123456[{"text":"abcdefghijklmnopqrst"}]`)
	b.ReportAllocs()
	for b.Loop() {
		f.Find(reply)
	}
}
