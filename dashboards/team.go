package dashboards

import (
	"fmt"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// team shows agents, where the configuration does.
func team() board {
	return board{
		name: "team", from: "now-7d", refresh: "5m", variables: []variable{oneSource()},
		rows: []row{
			{"period", []panel{agents()}},
			{"trends", []panel{agentReplies(), agentCloses(), agentOpen()}},
			{"presence", []panel{onlineNow(), onlineShare()}},
		},
	}
}

// agents is a row an agent.
func agents() panel {
	by := "source, agent"
	seconds := kpi.AgentHandleSeconds.Name
	return panel{
		id: 1, name: "agents", kind: grid, w: width, h: 12, unit: counts, noValue: "no_agents",
		queries: []query{
			{column: "replies", expr: rose(kpi.AgentReplies.Name, by, ofSource)},
			{column: "closes", expr: rose(kpi.AgentClosed.Name, by, ofSource)},
			{column: "handle", unit: "s", decimals: 1, expr: rose(seconds+"_sum", by, ofSource) + "\n/\n  (" + rose(seconds+"_count", by, ofSource) + " > 0)"},
			{column: "online", unit: "s", decimals: 1, expr: rose(kpi.AgentOnlineSeconds.Name, by, ofSource)},
			{column: "open_now", expr: fmt.Sprintf("max by (%s) (%s)", by, of(kpi.AgentOpen.Name, ofSource))},
		},
	}
}

func byAgent(id uint32, name, expr string) panel {
	return panel{
		id: id, name: name, kind: curve, w: 8, h: 8, unit: "none", decimals: 1, lowest: ptr(0), noValue: "no_agents", stacked: true,
		queries: []query{{expr: expr, legend: "{{agent}}"}},
	}
}

func agentReplies() panel { return byAgent(2, "replies", counted(kpi.AgentReplies, "agent")) }

func agentCloses() panel { return byAgent(3, "closes", counted(kpi.AgentClosed, "agent")) }

func agentOpen() panel {
	return byAgent(4, "open", fmt.Sprintf("max by (source, agent) (%s)", of(kpi.AgentOpen.Name, ofSource)))
}

// onlineNow has whoever is online now: several agents under one label are as many.
func onlineNow() panel {
	return panel{
		id: 5, name: "online_now", kind: bars, w: 8, h: 8, unit: "none", lowest: ptr(0), noValue: "no_presence",
		queries: []query{{expr: fmt.Sprintf("max by (source, agent) (%s)", of(kpi.AgentOnline.Name, ofSource)), legend: "{{agent}}"}},
	}
}

// onlineShare is how much of the time an agent was online.
func onlineShare() panel {
	share := fmt.Sprintf("max by (source, agent) (rate(%s[$__rate_interval]))", of(kpi.AgentOnlineSeconds.Name, ofSource))
	return panel{
		id: 6, name: "online_share", kind: curve, w: 16, h: 8, unit: "percentunit", lowest: ptr(0), noValue: "no_presence",
		queries: []query{{expr: share, legend: "{{agent}}"}},
	}
}
