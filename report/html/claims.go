package html

import (
	"slices"
	"strings"

	"rtbench/report"
	"rtbench/report/claims"
	"rtbench/report/result"
)

// claimsSection is section 6: the guide's table, if it was judged, and the evidence for each claim.
type claimsSection struct {
	Count     string
	Protocols []string
	Features  []featureView
	Claims    []claimView
}

// Shown reports whether there is anything about the guide.
func (c claimsSection) Shown() bool { return len(c.Claims) > 0 }

// A featureView is a row of the guide's table.
type featureView struct {
	Name  string
	Cells []claimView
}

type claimView struct {
	claims.Claim
	Anchor, Class, Of string
}

// claimsOf returns the judged cells of the guide or, if guide is nil, the performance claims that the
// results decide.
func claimsOf(results []result.Named, guide []claims.Claim) claimsSection {
	var s claimsSection
	if guide != nil {
		s.Protocols, s.Features = table(guide)
		s.Claims, s.Count = viewsOfClaims(guide, ""), report.GuideCount(guide)
		return s
	}
	var all []claims.Claim
	for i, name := range resultNames(results) {
		list := slices.DeleteFunc(claims.Performance(results[i].Result), func(c claims.Claim) bool { return c.Verdict == claims.Inconclusive })
		all = append(all, list...)
		s.Claims = append(s.Claims, viewsOfClaims(list, name)...)
	}
	s.Count = report.GuideCount(all)
	return s
}

func viewsOfClaims(list []claims.Claim, of string) []claimView {
	var out []claimView
	for _, c := range list {
		out = append(out, claimView{c, "claim-" + slug(of+c.ID), slug(string(c.Verdict)), of})
	}
	return out
}

// slug converts text to an anchor or class name.
func slug(s string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r) {
			return r
		}
		return '-'
	}, s)
}

// table returns the guide's table with verdicts. Cells that were not judged are empty.
func table(list []claims.Claim) (protocols []string, rows []featureView) {
	for _, p := range claims.Protocols {
		protocols = append(protocols, p.Name)
	}
	for i, row := range claims.Rows(list) {
		rows = append(rows, featureView{claims.Features[i].Name, viewsOfClaims(row, "")})
	}
	return protocols, rows
}
