package state_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/state"
)

func TestSourcesAreSharedAmongThoseThatLive(t *testing.T) {
	all := []string{"a", "b", "c", "d"}
	type holders = map[string]string
	type wants = map[string][]string
	tests := []struct {
		name        string
		share       state.Share
		waited      map[string]bool
		claim, left []string
		spare       string
	}{
		{
			name:  "alone, it takes everything",
			share: state.Share{Wants: wants{"me": all}}, claim: all,
		},
		{
			name:  "two that start together take half each",
			share: state.Share{Wants: wants{"me": all, "you": all}}, claim: []string{"a", "c"}, left: []string{"b", "d"},
		},
		{
			name:  "what another one did not take at once is for anybody",
			share: state.Share{Wants: wants{"me": all, "you": all}}, waited: map[string]bool{"b": true}, claim: []string{"a", "b", "c"}, left: []string{"d"},
		},
		{
			name:  "a dead one's sources go to those that poll the fewest",
			share: state.Share{Holders: holders{"a": "me", "b": "me"}, Wants: wants{"me": all, "you": all}}, left: []string{"c", "d"}, spare: "b",
		},
		{
			name:  "what nobody else would poll stays",
			share: state.Share{Holders: holders{"a": "me", "b": "me", "c": "me"}, Wants: wants{"me": {"a", "b", "c"}, "you": {"d"}}},
		},
		{
			name:  "what only the other one would poll is not claimed",
			share: state.Share{Wants: wants{"me": {"a"}, "you": all}}, claim: []string{"a"},
		},
		{
			name:  "a difference of one is even",
			share: state.Share{Holders: holders{"a": "me", "b": "me", "c": "you"}, Wants: wants{"me": {"a", "b", "c"}, "you": {"a", "b", "c"}}},
		},
		{
			name:  "with one source, it stays where it is",
			share: state.Share{Holders: holders{"a": "me"}, Wants: wants{"me": {"a"}, "you": {"a"}}},
		},
		{
			name:  "with too many, the last by name is given away first",
			share: state.Share{Holders: holders{"a": "me", "b": "me", "c": "me", "d": "me"}, Wants: wants{"me": all, "you": all}}, spare: "d",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			claim, left := tt.share.Free("me", tt.waited)
			got := [3]any{claim, left, tt.share.Spare("me")}
			if diff := cmp.Diff([3]any{tt.claim, tt.left, tt.spare}, got); diff != "" {
				t.Errorf("claims, leaves and gives away (-want +got):\n%s", diff)
			}
		})
	}
}
