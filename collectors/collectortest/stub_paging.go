package collectortest

var pagingScenarios []scenario
