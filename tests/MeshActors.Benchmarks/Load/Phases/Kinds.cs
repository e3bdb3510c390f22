using MeshActors.Benchmarks.Load.Agents;

namespace MeshActors.Benchmarks.Load.Phases;

/// <summary>What an agent is sent for one change of each kind.</summary>
internal static class Kinds
{
    public const string Name = "bytes";

    private const int Changes = 5;
    private const double Goal = 200;

    public static async Task RunAsync(Stage stage)
    {
        var organization = stage.Organizations[0];
        stage.Progress.Begin("changes of each kind");
        // An organization may be as large as it can be: some agents make way for others.
        var leaving = organization.Agents.TakeLast(Changes).ToList();
        stage.Retire(leaving);
        var others = leaving.ConvertAll(_ => stage.NewAgent(organization));
        await MeasureAsync(stage, organization, "removal", null, index => stage.Operator.RemoveNodeAsync(organization.Name, leaving[index].Node));
        await MeasureAsync(stage, organization, "join", null, index => stage.JoinAsync([others[index]], 1));
        await MeasureAsync(stage, organization, "peer that announces networks", Goal, index => AnnounceAsync(stage, others[index], index));
        await MeasureAsync(stage, organization, "endpoint change", Goal, index =>
        {
            organization.Agents[index + 1].Move();
            return Task.CompletedTask;
        });
        await stage.AddAsync(others);
    }

    private static async Task MeasureAsync(Stage stage, OrganizationUnderLoad organization, string what, double? goal, Func<int, Task> change)
    {
        var watched = organization.Agents[0];
        var (bytes, wire) = (watched.MessageBytes, stage.Traffic.Received);
        for (var index = 0; index < Changes; index++)
        {
            var before = watched.View.Map.Revision;
            await change(index);
            await stage.UntilAsync(() => watched.View.Map.Revision > before, $"no agent hears of a {what}");
            await stage.SettleAsync(organization);
        }

        stage.Report(new Figure(Name, $"message bytes for an agent, {what}", (double)(watched.MessageBytes - bytes) / Changes, "B", goal));
        stage.Report(new Figure(Name, $"the same with HTTP/2 and TLS, {what}", (double)(stage.Traffic.Received - wire) / Changes / organization.Agents.Count, "B"));
    }

    private static async Task AnnounceAsync(Stage stage, SimulatedAgent agent, int index)
    {
        agent.Link = agent.Organization.Agents[0].Link;
        agent.Prefixes = [$"172.30.{index}.0/26", $"172.30.{index}.128/26"];
        agent.Remember(agent.Organization.Agents[0].View);
        await agent.ConnectAsync();
        await stage.UntilAsync(() => agent.IsCurrent, "an agent that announces networks is not answered");
        agent.Leave();
    }
}
