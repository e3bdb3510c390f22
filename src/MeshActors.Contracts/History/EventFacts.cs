using System.Diagnostics;
using System.Text;
using System.Text.Json;
using MeshActors.Domain;
using MeshActors.Domain.Organizations;
using Endpoint = MeshActors.Domain.Organizations.Endpoint;

namespace MeshActors.Contracts.History;

/// <summary>An event's own facts for people and programs. Written field by field, so that no secret's hash slips in.</summary>
public static class EventFacts
{
    public static string Write(OrganizationEvent @event)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            Write(json, @event);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    private static void Write(Utf8JsonWriter json, OrganizationEvent @event)
    {
        switch (@event)
        {
            case OrganizationEvent.Created e:
                json.WriteString("organization", e.Organization.Value);
                json.WriteString("poolV4", e.Pools.V4.ToString());
                json.WriteString("poolV6", e.Pools.V6.ToString());
                break;
            case OrganizationEvent.JoinKeyCreated e:
                Write(json, e.Key);
                break;
            case OrganizationEvent.JoinKeyRevoked e:
                json.WriteString("joinKey", e.KeyId);
                break;
            case OrganizationEvent.TokenCreated e:
                json.WriteString("token", e.Token.Id);
                json.WriteString("name", e.Token.Name);
                break;
            case OrganizationEvent.TokenRevoked e:
                json.WriteString("token", e.TokenId);
                break;
            case OrganizationEvent.Moved e:
                json.WriteString("region", e.To.Value);
                break;
            case OrganizationEvent.Settled e:
                json.WriteString("region", e.In.Value);
                break;
            default:
                WriteNodeEvent(json, @event);
                break;
        }
    }

    private static void WriteNodeEvent(Utf8JsonWriter json, OrganizationEvent @event)
    {
        switch (@event)
        {
            case OrganizationEvent.NodeJoined e:
                WriteNode(json, e.Node, e.Name, e.Key);
                WriteTexts(json, "addresses", e.Addresses);
                WriteEndpoints(json, e.Endpoints);
                json.WriteString("joinKey", e.JoinKeyId);
                break;
            case OrganizationEvent.CredentialChanged e:
                json.WriteString("node", e.Node.ToString());
                json.WriteString("joinKey", e.JoinKeyId);
                break;
            case OrganizationEvent.NodeReplaced e:
                WriteNode(json, e.Node, e.Name, e.Key);
                WriteEndpoints(json, e.Endpoints);
                json.WriteString("joinKey", e.JoinKeyId);
                break;
            case OrganizationEvent.NodeRenamed e:
                json.WriteString("node", e.Node.ToString());
                json.WriteString("name", e.Name);
                break;
            case OrganizationEvent.PrefixesAllocated e:
                json.WriteString("node", e.Node.ToString());
                WriteTexts(json, "prefixes", e.Prefixes);
                break;
            case OrganizationEvent.PrefixesAnnounced e:
                json.WriteString("node", e.Node.ToString());
                WriteTexts(json, "prefixes", e.Prefixes);
                break;
            case OrganizationEvent.EndpointsChanged e:
                json.WriteString("node", e.Node.ToString());
                WriteEndpoints(json, e.Endpoints);
                break;
            case OrganizationEvent.NodeRemoved e:
                json.WriteString("node", e.Node.ToString());
                break;
            default:
                throw new UnreachableException(@event.GetType().Name);
        }
    }

    private static void Write(Utf8JsonWriter json, JoinKey key)
    {
        json.WriteString("joinKey", key.Id);
        json.WriteBoolean("reusable", key.Reusable);
        if (key.ExpiresAt is { } expires)
        {
            json.WriteString("expiresAt", expires);
        }

        if (key.Replaces is { } node)
        {
            json.WriteString("replaces", node.ToString());
        }

        json.WriteString("description", key.Description);
    }

    private static void WriteNode(Utf8JsonWriter json, NodeId node, string name, PublicKey key)
    {
        json.WriteString("node", node.ToString());
        json.WriteString("name", name);
        json.WriteString("publicKey", key.ToString());
    }

    private static void WriteEndpoints(Utf8JsonWriter json, ValueList<Endpoint> endpoints) =>
        WriteTexts(json, "endpoints", endpoints.Select(ToText));

    public static string KindOf(Principal principal) => principal.Kind switch
    {
        PrincipalKind.System => "system",
        PrincipalKind.Token => "token",
        PrincipalKind.JoinKey => "join-key",
        PrincipalKind.Node => "node",
        _ => throw new UnreachableException(principal.Kind.ToString()),
    };

    /// <summary>As <c>local 192.0.2.7:51820</c>.</summary>
    public static string ToText(Endpoint endpoint) => $"{endpoint.Kind.ToString().ToLowerInvariant()} {endpoint}";

    private static void WriteTexts<T>(Utf8JsonWriter json, string name, IEnumerable<T> items)
    {
        json.WriteStartArray(name);
        foreach (var item in items)
        {
            json.WriteStringValue(item!.ToString());
        }

        json.WriteEndArray();
    }
}
