using Akka.Actor;
using MeshActors.Cluster.Messages;
using MeshActors.Domain;

namespace MeshActors.Cluster.Regions;

/// <summary>
/// Stands before the shard regions: what is for an organization at home here goes there, and the rest to the link to its
/// home. Whoever asks sees no difference but the delay.
/// </summary>
internal sealed class RegionRouter : ReceiveActor
{
    private readonly Homes _homes;
    private readonly IReadOnlyDictionary<RegionName, IActorRef> _links;

    public RegionRouter(Homes homes, IActorRef organizations, IActorRef nodes, IReadOnlyDictionary<RegionName, IActorRef> links)
    {
        _homes = homes;
        _links = links;
        // What is brought in from elsewhere is for this region, whoever's the organization was.
        Receive<ImportRows>(organizations.Forward);
        Receive<FinishImport>(organizations.Forward);
        Receive<IOrganizationMessage>(message => PassOn(message.Organization, message, organizations));
        Receive<INodeMessage>(message => PassOn(message.Organization, message, nodes));
    }

    public static Props Props(Homes homes, IActorRef organizations, IActorRef nodes, IReadOnlyDictionary<RegionName, IActorRef> links) =>
        Akka.Actor.Props.Create(() => new RegionRouter(homes, organizations, nodes, links));

    private void PassOn(OrganizationId organization, object message, IActorRef here)
    {
        if (_homes.IsHere(organization))
        {
            here.Forward(message);
        }
        else if (_homes.Of(organization) is { } region && _links.TryGetValue(region, out var link))
        {
            link.Forward(message);
        }
        else if (message is not NodeSeen)
        {
            Sender.Tell(new RegionAway(Unknown(organization, _homes.Of(organization)!.Value)));
        }
    }

    internal static string Unknown(OrganizationId organization, RegionName region) =>
        $"Organization '{organization}' is at home in region '{region}', which this controller does not know: start it with --peer-region {region}=https://HOST:PORT.";
}
